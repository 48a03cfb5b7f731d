// A minimal backend for <s3-upload> in Go, with the AWS SDK v2. Start it in this folder:
//
//	go mod tidy
//	BUCKET=my-uploads AWS_REGION=eu-central-1 ALLOWED_ORIGIN=https://www.example.com go run .
//
// Embed <s3-upload endpoint="http://127.0.0.1:3000/uploads">. The SDK finds credentials like every AWS tool. PORT sets
// another port. AWS_ENDPOINT_URL_S3 sets another S3, which is addressed by path. The backend checks type and size, and
// signs a URL. It never receives the file. It does not authenticate clients: add that check where sign is called.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/uuid"
)

const (
	types      = "application/pdf, image/jpeg, image/png, image/webp, text/plain, video/mp4"
	maxSize    = 100_000_000 // bytes of a file
	maxRequest = 16 * 1024   // bytes of a request to this server
	expires    = 300         // seconds
)

var (
	sdk, sdkError = config.LoadDefaultConfig(context.Background())
	bucket        = os.Getenv("BUCKET")
	allowedOrigin = os.Getenv("ALLOWED_ORIGIN")
	store         = "https://" + bucket + ".s3." + sdk.Region + ".amazonaws.com/"
)

type upload struct {
	Type    *string
	Size    *int64
	Accepts []string
}

func refuse(status int, code, message string) (int, any) {
	return status, map[string]any{"error": map[string]string{"code": code, "message": message}}
}

func contains(list []string, wanted string) bool {
	for _, one := range list {
		if one == wanted {
			return true
		}
	}
	return false
}

func sign(ctx context.Context, file upload) (int, any) {
	switch {
	case file.Type == nil || file.Size == nil:
		return refuse(422, "invalid_request", "Say the file's type and its size in bytes.")
	case *file.Size < 1:
		return refuse(422, "too_small", "The file is empty.")
	case *file.Size > maxSize:
		return refuse(413, "too_large", "At most 100 MB are allowed.")
	case !contains(strings.Split(types, ", "), *file.Type):
		return refuse(415, "type_not_allowed", "Allowed are "+types+".")
	case file.Accepts != nil && !contains(file.Accepts, "put"):
		return refuse(422, "unsupported_strategy", `This server signs "put".`)
	}

	now := time.Now()
	key := now.UTC().Format("2006-01-02/") + uuid.NewString() // contains no input of the client
	put, err := http.NewRequest("PUT", fmt.Sprint(store, key, "?X-Amz-Expires=", expires), nil)
	if err != nil {
		return fail(err)
	}
	put.ContentLength = *file.Size
	headers := map[string]string{"content-type": *file.Type, "if-none-match": "*"}
	for name, value := range headers {
		put.Header.Set(name, value)
	}
	credentials, err := sdk.Credentials.Retrieve(ctx)
	if err != nil {
		return fail(err)
	}
	// The SDK's signer binds the length and all headers. PresignPutObject of older versions, including Debian's, has no
	// field for the condition.
	url, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, put, "UNSIGNED-PAYLOAD", "s3", sdk.Region, now)
	if err != nil {
		return fail(err)
	}
	signed := map[string]any{"url": url, "method": "PUT", "headers": headers, "key": key, "expiresIn": expires}
	return 200, signed
}

func fail(err error) (int, any) {
	log.Print(err)
	return refuse(500, "internal", "The server could not sign. Its log says why.")
}

func answer(w http.ResponseWriter, r *http.Request) (int, any) {
	switch origin := r.Header.Get("Origin"); {
	case origin != "" && origin != allowedOrigin:
		return refuse(403, "origin_not_allowed", "This site may not upload here.")
	case r.URL.Path != "/uploads":
		return refuse(404, "not_found", "There is nothing at this address.")
	case r.Method == http.MethodOptions:
		return 204, nil
	case r.Method != http.MethodPost:
		return refuse(405, "method_not_allowed", "Ask with POST.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return refuse(413, "request_too_large", "This request is too large.")
	}
	var file upload
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(body, &file); errors.As(err, &mismatch) {
		return refuse(422, "invalid_request", "Say the file's type as a string and its size in bytes as a number.")
	} else if err != nil {
		return refuse(400, "malformed_json", "The request is not JSON.")
	}
	return sign(r.Context(), file)
}

func serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Vary", "Origin")
	if r.Header.Get("Origin") == allowedOrigin {
		header.Set("Access-Control-Allow-Origin", allowedOrigin)
		header.Set("Access-Control-Allow-Credentials", "true")
		header.Set("Access-Control-Allow-Headers", "authorization, content-type")
		header.Set("Access-Control-Allow-Methods", "POST")
		header.Set("Access-Control-Max-Age", "7200")
	}
	status, value := answer(w, r)
	if value != nil {
		header.Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	if value != nil {
		_ = json.NewEncoder(w).Encode(value) // fails if the client has disconnected
	}
}

func main() {
	if sdkError != nil {
		log.Fatal(sdkError)
	}
	if bucket == "" || allowedOrigin == "" || sdk.Region == "" {
		log.Fatal("Set BUCKET, AWS_REGION and ALLOWED_ORIGIN, as this file's first lines say.")
	}
	if endpoint := os.Getenv("AWS_ENDPOINT_URL_S3"); endpoint != "" {
		store = strings.TrimSuffix(endpoint, "/") + "/" + bucket + "/"
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	log.Printf("Starting at http://127.0.0.1:%s/uploads", port)
	server := http.Server{Addr: "127.0.0.1:" + port, Handler: http.HandlerFunc(serve), ReadTimeout: 30 * time.Second}
	log.Fatal(server.ListenAndServe())
}
