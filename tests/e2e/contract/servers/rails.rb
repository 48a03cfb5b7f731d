# Rails with Active Storage, in one file: direct uploads to S3, and CSRF protection as a new application has it.
#
# The page with the widget is Rails' own, since the token against forgery is bound to its session; what is in the page's
# body comes from the query (`/rails-page?body=…&head=…`). `/attach` is what a form with the widget in it posts to.
# The application's own rule: nobody uploads web pages.
require "fileutils"
require "logger"
require "tmpdir"
require "puma"
require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "active_job/railtie"
require "active_storage/engine"

FOLDER = Dir.mktmpdir("s3-upload-rails-")
at_exit { FileUtils.rm_rf(FOLDER) }
ENV["DATABASE_URL"] = "sqlite3:#{FOLDER}/test.sqlite3"

class Application < Rails::Application
  config.root = FOLDER
  config.load_defaults 6.1
  config.eager_load = false
  config.consider_all_requests_local = false
  config.hosts.clear
  config.secret_key_base = "a secret for tests " * 4
  config.logger = Logger.new($stderr)
  config.log_level = :warn
  config.active_storage.service = :store
  config.active_storage.service_configurations = {
    store: {
      service: "S3",
      bucket: ENV.fetch("BUCKET"),
      region: ENV.fetch("AWS_REGION"),
      endpoint: ENV.fetch("AWS_ENDPOINT_URL_S3"),
      access_key_id: ENV.fetch("AWS_ACCESS_KEY_ID"),
      secret_access_key: ENV.fetch("AWS_SECRET_ACCESS_KEY"),
      force_path_style: true
    }
  }
  routes.append do
    get "/rails-page", to: "pages#show"
    get "/tokenless-page", to: "pages#show", defaults: { tokenless: true }
    post "/attach", to: "pages#attach"
  end
end

class PagesController < ActionController::Base
  protect_from_forgery with: :exception

  def show
    render inline: <<~PAGE
      <!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8">
          <title>Rails</title>
          <link rel="icon" href="data:,">
          <%= csrf_meta_tags unless params[:tokenless] %>
          <%= raw params[:head] %>
        </head>
        <body><main><h1>Rails</h1><%= raw params[:body] %></main></body>
      </html>
    PAGE
  end

  # Like `user.avatar.attach(params[:avatar])`: the signed id is all that the form gives.
  def attach
    blob = ActiveStorage::Blob.find_signed!(params.require(:file))
    render json: { key: blob.key, filename: blob.filename.to_s, size: blob.byte_size, type: blob.content_type }
  end
end

Application.initialize!

ActiveStorage::DirectUploadsController.before_action do
  if params.dig(:blob, :content_type) == "text/html"
    render json: { error: { message: "Web pages are not taken." } }, status: :unprocessable_entity
  end
end

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table :active_storage_blobs do |t|
    t.string :key, null: false, index: { unique: true }
    t.string :filename, null: false
    t.string :content_type
    t.text :metadata
    t.string :service_name, null: false
    t.bigint :byte_size, null: false
    t.string :checksum, null: false
    t.datetime :created_at, null: false
  end
  create_table :active_storage_attachments do |t|
    t.string :name, null: false
    t.references :record, null: false, polymorphic: true
    t.references :blob, null: false
    t.datetime :created_at, null: false
  end
end

server = Puma::Server.new(Rails.application, Puma::Events.null, min_threads: 1, max_threads: 4)
port = server.add_tcp_listener("127.0.0.1", 0).addr[1]
Thread.new do
  $stdin.read
  FileUtils.rm_rf(FOLDER)
  exit!(0)
end
$stdout.sync = true
puts "Ready: http://127.0.0.1:#{port}"
server.run.join
