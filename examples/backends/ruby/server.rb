# A minimal backend for <s3-upload> in Ruby, with aws-sdk-s3 and WEBrick. Start it in this folder:
#
#     gem install --file Gemfile          (or apt install ruby-aws-sdk-s3 ruby-webrick)
#     BUCKET=my-uploads AWS_REGION=eu-central-1 ALLOWED_ORIGIN=https://www.example.com ruby server.rb
#
# Embed <s3-upload endpoint="http://127.0.0.1:3000/uploads">. The SDK finds credentials like every AWS tool. PORT sets
# another port. AWS_ENDPOINT_URL_S3 sets another S3, which is addressed by path. The backend checks type and size, and
# signs a URL. It never receives the file. It does not authenticate clients: add that check where `sign` is called.
require "aws-sdk-s3"
require "json"
require "securerandom"
require "webrick"

ALLOWED_ORIGIN = ENV.fetch("ALLOWED_ORIGIN")
TYPES = %w[application/pdf image/jpeg image/png image/webp text/plain video/mp4].freeze
MAX_SIZE = 100_000_000 # bytes of a file
MAX_REQUEST = 16 * 1024 # bytes of a request to this server
EXPIRES = 300 # seconds

endpoint = ENV["AWS_ENDPOINT_URL_S3"]
S3 = Aws::S3::Client.new(force_path_style: !endpoint.nil?, **(endpoint ? { endpoint: endpoint } : {}))
BUCKET = Aws::S3::Bucket.new(ENV.fetch("BUCKET"), client: S3)
# `presigned_url` omits length, type and condition from the signature. The SDK's signer signs all headers that it gets.
SIGNER = Aws::Sigv4::Signer.new(
  service: "s3", region: S3.config.region, credentials_provider: S3.config.credentials, uri_escape_path: false
)

# A refused request, with the status, code and message of the response.
class Refusal < StandardError
  attr_reader :status, :code

  def initialize(status, code, message)
    super(message)
    @status = status
    @code = code
  end
end

def sign(wanted)
  type, size, accepts = wanted.values_at("type", "size", "accepts") if wanted.is_a?(Hash)
  accepts = ["put"] if accepts.nil?
  unless type.is_a?(String) && size.is_a?(Integer) && accepts.is_a?(Array)
    raise Refusal.new(422, "invalid_request", "Say the file's type as a string and its size in bytes as a number.")
  end
  raise Refusal.new(422, "too_small", "The file is empty.") if size < 1
  raise Refusal.new(413, "too_large", "At most #{MAX_SIZE / 1_000_000} MB are allowed.") if size > MAX_SIZE
  raise Refusal.new(415, "type_not_allowed", "Allowed are #{TYPES.join(", ")}.") unless TYPES.include?(type)

  object = BUCKET.object("#{Time.now.utc.strftime("%F")}/#{SecureRandom.uuid}") # contains no input of the client
  if accepts.include?("put")
    headers = { "content-type" => type, "if-none-match" => "*" }
    url = SIGNER.presign_url(
      http_method: "PUT", url: object.public_url, headers: headers.merge("content-length" => size.to_s),
      body_digest: "UNSIGNED-PAYLOAD", expires_in: EXPIRES
    )
    { url: url, method: "PUT", headers: headers, key: object.key, expiresIn: EXPIRES }
  elsif accepts.include?("post")
    form = object.presigned_post(
      content_type: type, content_length_range: size..size, success_action_status: "201",
      signature_expiration: Time.now + EXPIRES
    )
    { url: form.url, method: "POST", fields: form.fields, key: object.key, expiresIn: EXPIRES }
  else
    raise Refusal.new(422, "unsupported_strategy", 'This server signs "put" and "post".')
  end
end

def read(request)
  body = +""
  request.body do |chunk|
    body << chunk
    raise Refusal.new(413, "request_too_large", "This request is too large.") if body.bytesize > MAX_REQUEST
  end
  JSON.parse(body)
rescue JSON::ParserError
  raise Refusal.new(400, "malformed_json", "The request is not JSON.")
end

# The servlet handles all requests, with any method and path.
class Uploads < WEBrick::HTTPServlet::AbstractServlet
  def service(request, response)
    response["cache-control"] = "no-store"
    response["vary"] = "origin"
    allow(response) if request["origin"] == ALLOWED_ORIGIN
    answer = answer(request)
    response.status = answer ? 200 : 204
    write(response, answer) if answer
  rescue Refusal => e
    response.status = e.status
    response.keep_alive = false # a part of the request may be unread
    write(response, { error: { code: e.code, message: e.message } })
  rescue StandardError => e
    @server.logger.error(e)
    response.status = 500
    write(response, { error: { code: "internal", message: "The server could not sign. Its log says why." } })
  end

  def answer(request)
    unless [nil, ALLOWED_ORIGIN].include?(request["origin"])
      raise Refusal.new(403, "origin_not_allowed", "This site may not upload here.")
    end
    raise Refusal.new(404, "not_found", "There is nothing at this address.") unless request.path == "/uploads"
    return if request.request_method == "OPTIONS"
    raise Refusal.new(405, "method_not_allowed", "Ask with POST.") unless request.request_method == "POST"

    sign(read(request))
  end

  def allow(response)
    response["access-control-allow-origin"] = ALLOWED_ORIGIN
    response["access-control-allow-credentials"] = "true"
    response["access-control-allow-headers"] = "authorization, content-type"
    response["access-control-allow-methods"] = "POST"
    response["access-control-max-age"] = "7200"
  end

  def write(response, value)
    response["content-type"] = "application/json"
    response.body = JSON.generate(value)
  end
end

server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: Integer(ENV.fetch("PORT", "3000")))
server.mount("/", Uploads)
%w[INT TERM].each { |signal| trap(signal) { server.shutdown } }
server.start
