// A backend as people write it by hand with version 2 of the AWS SDK for Go: s3.PresignClient behind net/http.
//
//	POST /presign  {"fileName", "fileType", "fileSize"} -> PresignPutObject's own {"URL", "Method", "SignedHeader"}
//
// Errors are plain text, as by http.Error.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

type upload struct {
	FileName string `json:"fileName"`
	FileType string `json:"fileType"`
	FileSize int64  `json:"fileSize"`
}

func needed(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s is not set", name)
	}
	return value
}

func main() {
	bucket, endpoint, origin := needed("BUCKET"), needed("AWS_ENDPOINT_URL_S3"), needed("ALLOWED_ORIGIN")
	client := s3.New(s3.Options{
		Region:           needed("AWS_REGION"),
		Credentials:      credentials.NewStaticCredentialsProvider(needed("AWS_ACCESS_KEY_ID"), needed("AWS_SECRET_ACCESS_KEY"), ""),
		EndpointResolver: s3.EndpointResolverFromURL(endpoint),
		UsePathStyle:     true,
	})
	presigner := s3.NewPresignClient(client, s3.WithPresignExpires(time.Minute))

	http.HandleFunc("/presign", func(response http.ResponseWriter, request *http.Request) {
		headers := response.Header()
		headers.Set("Access-Control-Allow-Origin", origin)
		headers.Set("Access-Control-Allow-Headers", "content-type")
		if request.Method == http.MethodOptions {
			return
		}
		var asked upload
		if err := json.NewDecoder(request.Body).Decode(&asked); err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		if asked.FileType == "text/html" {
			http.Error(response, "Web pages are not taken.", http.StatusUnsupportedMediaType)
			return
		}
		id := make([]byte, 16)
		if _, err := rand.Read(id); err != nil {
			http.Error(response, "no random numbers", http.StatusInternalServerError)
			return
		}
		signed, err := presigner.PresignPutObject(context.Background(), &s3.PutObjectInput{
			Bucket:        aws.String(bucket),
			Key:           aws.String(hex.EncodeToString(id)),
			ContentType:   aws.String(asked.FileType),
			ContentLength: asked.FileSize,
			// Signed too, and told only by SignedHeader.
			CacheControl: aws.String("max-age=60"),
		})
		if err != nil {
			http.Error(response, "cannot sign", http.StatusInternalServerError)
			return
		}
		headers.Set("Content-Type", "application/json")
		json.NewEncoder(response).Encode(signed)
	})

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Printf("Ready: http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
