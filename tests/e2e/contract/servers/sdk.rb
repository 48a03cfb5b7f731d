# A backend as people write it by hand with the AWS SDK for Ruby: presigned_url and presigned_post, behind WEBrick.
#
#     GET  /sign?file-name=&file-type=    presigned_url(:put): {"signedRequest", "url"}, where `url` is the object's address
#     POST /post                          form-urlencoded filename, contentType: presigned_post's {"url", "fields"}
#
# Errors are plain text.
require "aws-sdk-s3"
require "json"
require "securerandom"
require "webrick"

BUCKET = Aws::S3::Resource.new(
  endpoint: ENV.fetch("AWS_ENDPOINT_URL_S3"),
  region: ENV.fetch("AWS_REGION"),
  force_path_style: true
).bucket(ENV.fetch("BUCKET"))

server = WEBrick::HTTPServer.new(
  BindAddress: "127.0.0.1",
  Port: 0,
  Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN),
  AccessLog: []
)

def answer(response, type)
  if type == "text/html"
    response.status = 422
    response["Content-Type"] = "text/plain; charset=utf-8"
    response.body = "Web pages are not taken."
  else
    response["Content-Type"] = "application/json"
    response.body = JSON.generate(yield)
  end
end

server.mount_proc "/sign" do |request, response|
  type = request.query["file-type"]
  answer(response, type) do
    object = BUCKET.object(SecureRandom.uuid)
    url = object.presigned_url(:put, expires_in: 60, content_type: type)
    { signedRequest: url, url: object.public_url }
  end
end

server.mount_proc "/post" do |request, response|
  type = request.query["contentType"]
  answer(response, type) do
    post = BUCKET.presigned_post(
      key: SecureRandom.uuid,
      content_type: type,
      content_length_range: 1..(30 << 20),
      success_action_status: "201",
      signature_expiration: Time.now + 60
    )
    { url: post.url, fields: post.fields }
  end
end

Thread.new do
  $stdin.read
  exit!(0)
end
$stdout.sync = true
puts "Ready: http://127.0.0.1:#{server.listeners.first.addr[1]}"
server.start
