// A minimal backend for <s3-upload> in Java, with the AWS SDK v2 and the JDK's HTTP server. Start it in this folder:
//
//     BUCKET=my-uploads AWS_REGION=eu-central-1 ALLOWED_ORIGIN=https://www.example.com mvn compile exec:java
//
// Embed <s3-upload endpoint="http://127.0.0.1:3000/uploads">. The SDK finds credentials like every AWS tool. PORT sets
// another port. AWS_ENDPOINT_URL_S3 sets another S3, which is addressed by path. The backend checks type and size, and
// signs a URL. It never receives the file. It does not authenticate clients: add that check where sign is called.

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.stream.StreamSupport;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.services.s3.presigner.model.PresignedPutObjectRequest;

public final class Server {
    static final Set<String> TYPES = new TreeSet<>(
        Set.of("application/pdf", "image/jpeg", "image/png", "image/webp", "text/plain", "video/mp4"));
    static final long MAX_SIZE = 100_000_000; // bytes of a file
    static final int MAX_REQUEST = 16 * 1024; // bytes of a request to this server
    static final long EXPIRES = 300; // seconds
    static final ObjectMapper JSON = new ObjectMapper();
    static final String BUCKET = required("BUCKET");
    static final String ALLOWED_ORIGIN = required("ALLOWED_ORIGIN");
    static final S3Presigner S3 = presigner(System.getenv("AWS_ENDPOINT_URL_S3"));

    static String required(String name) {
        String value = System.getenv(name);
        if (value == null) throw new IllegalStateException("Set " + name + ", as this file's first lines say.");
        return value;
    }

    static S3Presigner presigner(String endpoint) {
        S3Presigner.Builder builder = S3Presigner.builder();
        if (endpoint != null) {
            builder.endpointOverride(URI.create(endpoint)).serviceConfiguration(
                S3Configuration.builder().pathStyleAccessEnabled(true).checksumValidationEnabled(false).build());
        }
        return builder.build();
    }

    static final class Refusal extends Exception {
        final int status;
        final String code;

        Refusal(int status, String code, String message) {
            super(message);
            this.status = status;
            this.code = code;
        }
    }

    static Map<String, Object> sign(JsonNode wanted) throws Refusal {
        JsonNode type = wanted.path("type");
        JsonNode size = wanted.path("size");
        JsonNode accepts = wanted.path("accepts");
        if (!type.isTextual() || !size.isIntegralNumber() || !(accepts.isArray() || accepts.isMissingNode()))
            throw new Refusal(422, "invalid_request", "Say the file's type, a string, and its size in bytes.");
        if (size.bigIntegerValue().signum() < 1) throw new Refusal(422, "too_small", "The file is empty.");
        if (!size.canConvertToLong() || size.longValue() > MAX_SIZE)
            throw new Refusal(413, "too_large", "At most " + MAX_SIZE / 1_000_000 + " MB are allowed.");
        if (!TYPES.contains(type.textValue()))
            throw new Refusal(415, "type_not_allowed", "Allowed are " + String.join(", ", TYPES) + ".");
        var ways = StreamSupport.stream(accepts.spliterator(), false);
        if (accepts.isArray() && ways.noneMatch(way -> way.asText().equals("put")))
            throw new Refusal(422, "unsupported_strategy", "This server signs \"put\".");

        String key = LocalDate.now(ZoneOffset.UTC) + "/" + UUID.randomUUID(); // contains no input of the client
        PutObjectRequest put = PutObjectRequest.builder().bucket(BUCKET).key(key)
            .contentType(type.textValue()).contentLength(size.longValue()).ifNoneMatch("*").build();
        PresignedPutObjectRequest signed = S3.presignPutObject(
            request -> request.putObjectRequest(put).signatureDuration(Duration.ofSeconds(EXPIRES)));
        Map<String, String> headers = new LinkedHashMap<>();
        signed.signedHeaders().forEach((name, values) -> headers.put(name.toLowerCase(), String.join(",", values)));
        headers.keySet().removeAll(Set.of("host", "content-length")); // the browser sets these
        String url = signed.url().toString();
        return Map.of("url", url, "method", "PUT", "headers", headers, "key", key, "expiresIn", EXPIRES);
    }

    static Object answer(HttpExchange exchange, String origin) throws IOException, Refusal {
        if (origin != null && !origin.equals(ALLOWED_ORIGIN))
            throw new Refusal(403, "origin_not_allowed", "This site may not upload here.");
        if (!exchange.getRequestURI().getPath().equals("/uploads"))
            throw new Refusal(404, "not_found", "There is nothing at this address.");
        if (exchange.getRequestMethod().equals("OPTIONS")) return null;
        if (!exchange.getRequestMethod().equals("POST"))
            throw new Refusal(405, "method_not_allowed", "Ask with POST.");
        byte[] body = exchange.getRequestBody().readNBytes(MAX_REQUEST + 1);
        if (body.length > MAX_REQUEST) throw new Refusal(413, "request_too_large", "This request is too large.");
        JsonNode wanted;
        try {
            wanted = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new Refusal(400, "malformed_json", "The request is not JSON.");
        }
        if (wanted.isMissingNode()) throw new Refusal(400, "malformed_json", "The request is empty.");
        return sign(wanted);
    }

    static void serve(HttpExchange exchange) throws IOException {
        String origin = exchange.getRequestHeaders().getFirst("Origin");
        var headers = exchange.getResponseHeaders();
        headers.set("Cache-Control", "no-store");
        headers.set("Vary", "Origin");
        if (ALLOWED_ORIGIN.equals(origin)) {
            headers.set("Access-Control-Allow-Origin", ALLOWED_ORIGIN);
            headers.set("Access-Control-Allow-Credentials", "true");
            headers.set("Access-Control-Allow-Headers", "authorization, content-type");
            headers.set("Access-Control-Allow-Methods", "POST");
            headers.set("Access-Control-Max-Age", "7200");
        }
        int status = 200;
        Object value;
        try {
            value = answer(exchange, origin);
        } catch (Refusal refused) {
            status = refused.status;
            value = Map.of("error", Map.of("code", refused.code, "message", refused.getMessage()));
        } catch (RuntimeException failed) {
            failed.printStackTrace();
            status = 500;
            String message = "The server could not sign. Its log says why.";
            value = Map.of("error", Map.of("code", "internal", "message", message));
        }
        try (exchange) {
            if (value == null) {
                exchange.sendResponseHeaders(204, -1);
                return;
            }
            byte[] body = JSON.writeValueAsBytes(value);
            headers.set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "3000"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", Server::serve);
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
        System.out.println("Ready: http://127.0.0.1:" + server.getAddress().getPort() + "/uploads");
    }
}
