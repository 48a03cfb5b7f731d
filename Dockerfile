# The server alone, as an ordinary user: docker build -t s3-upload-server .
# Its options are environment variables: see docs/server.md.
FROM rust:1.96-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --profile production -p s3-upload-server

# With the C library and the certificates of authorities, without a shell.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/target/production/s3-upload-server /usr/local/bin/s3-upload-server
COPY --from=build /src/LICENSE-MIT /src/LICENSE-APACHE /usr/share/doc/s3-upload-server/
# Reachable from outside of the container, whose own address it is.
ENV S3_UPLOAD_HOST=0.0.0.0
EXPOSE 8080
USER nonroot
ENTRYPOINT ["/usr/local/bin/s3-upload-server"]
