# Runs a function of Ruby as AWS Lambda does: the handler that _HANDLER names, with events of the
# Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

require "json"
require "net/http"

# What this file defines is in one module, because handlers are methods of the main object.
module TygRuntime
  BASE = "/2018-06-01/runtime/"

  # A client of the Runtime API, with one connection, whatever the environment says of proxies.
  class API
    def initialize
      host, port = ENV.fetch("AWS_LAMBDA_RUNTIME_API").split(":")
      @http = Net::HTTP.new(host, port.to_i, nil)
      @http.read_timeout = nil
      @http.keep_alive_timeout = 3600
      @http.start
    end

    def next
      @http.get(BASE + "invocation/next")
    end

    def post(path, body, kind = nil)
      headers = { "Content-Type" => "application/json" }
      headers["Lambda-Runtime-Function-Error-Type"] = kind if kind
      @http.post(BASE + path, body, headers)
    end
  end

  # What a handler gets beside the event.
  # (https://docs.aws.amazon.com/lambda/latest/dg/ruby-context.html)
  class Context
    attr_reader :aws_request_id, :invoked_function_arn, :function_name, :function_version,
      :memory_limit_in_mb, :log_group_name, :log_stream_name, :deadline_ms, :identity,
      :client_context

    def initialize(response)
      @aws_request_id = response["Lambda-Runtime-Aws-Request-Id"]
      @invoked_function_arn = response["Lambda-Runtime-Invoked-Function-Arn"]
      @deadline_ms = response["Lambda-Runtime-Deadline-Ms"].to_i
      client = response["Lambda-Runtime-Client-Context"]
      @client_context = client && JSON.parse(client)
      @function_name = ENV["AWS_LAMBDA_FUNCTION_NAME"]
      @function_version = ENV["AWS_LAMBDA_FUNCTION_VERSION"]
      @memory_limit_in_mb = ENV["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
      @log_group_name = ENV["AWS_LAMBDA_LOG_GROUP_NAME"]
      @log_stream_name = ENV["AWS_LAMBDA_LOG_STREAM_NAME"]
    end

    def get_remaining_time_in_millis
      [deadline_ms - (Time.now.to_f * 1000).to_i, 0].max
    end
  end

  # A handler that cannot be loaded.
  class InitError < StandardError
    attr_reader :kind

    def initialize(kind, message)
      super(message)
      @kind = kind
    end
  end

  module_function

  # Returns the method that a handler such as src/app.handler or app.Chat::Room.say names.
  def load_handler(name, root)
    file, *owner, function = name.split(".")
    unless function && owner.length < 2
      raise InitError.new("Runtime.MalformedHandlerName",
        "Bad handler #{name.inspect}: want a file and a method, such as app.handler")
    end
    begin
      require File.join(root, file)
    rescue LoadError => e
      raise InitError.new("Runtime.ImportModuleError",
        "Unable to load #{file}: #{e.message}#{advice(e)}")
    end
    receiver = owner.empty? ? TOPLEVEL_BINDING.receiver : Object.const_get(owner[0])
    receiver.method(function)
  rescue NameError
    raise InitError.new("Runtime.HandlerNotFound", "Handler #{name} is not defined in #{file}.rb")
  end

  # Says how to get a gem that Lambda's runtimes have, or that the project names.
  def advice(error)
    return "" unless error.path
    if error.path.start_with?("aws-sdk")
      return "; Lambda's runtime has #{error.path}, here it must be installed: " \
        "gem install #{error.path}"
    end
    "; install what the function needs: bundle install, or gem install #{error.path.split("/")[0]}"
  end

  # Prints a failure, and returns it as Lambda does.
  def failure(error)
    kind = error.is_a?(InitError) ? error.kind : "Function<#{error.class}>"
    stack = (error.backtrace || []).reject { |line| line.start_with?(__FILE__) }
    puts "Error raised from handler method", { "errorMessage" => error.message,
      "errorType" => kind, "stackTrace" => stack }.to_json
    [{ errorMessage: error.message, errorType: kind, stackTrace: stack }.to_json, kind]
  end

  # Handles one event.
  def invoke(api, handler)
    response = api.next
    context = Context.new(response)
    ENV["_X_AMZN_TRACE_ID"] = response["Lambda-Runtime-Trace-Id"]
    path = "invocation/#{context.aws_request_id}/"
    begin
      reply = handler.call(event: JSON.parse(response.body), context: context).to_json
    rescue StandardError, NotImplementedError => e
      api.post(path + "error", *failure(e))
      return
    end
    api.post(path + "response", reply)
  end

  def run
    $stdout.sync = $stderr.sync = true
    root = ENV.fetch("LAMBDA_TASK_ROOT")
    $LOAD_PATH.unshift(root)
    bundles = Dir[File.join(root, "vendor", "bundle", "ruby", "*")]
    Gem.paths = { "GEM_PATH" => (bundles + Gem.path).join(File::PATH_SEPARATOR) } unless bundles.empty?
    api = API.new
    begin
      handler = load_handler(ENV.fetch("_HANDLER"), root)
    rescue Exception => e
      api.post("init/error", *failure(e))
      exit 1
    end
    loop { invoke(api, handler) }
  end
end

TygRuntime.run
