# Loaded by RUBYOPT into the Ruby processes of "tyg local", because Ruby looks for a proxy of https in
# http_proxy only: connections to the API of this gateway at its address on AWS go to the gateway.
require "socket"

# Net::HTTP opens connections with TCPSocket.open, and from Ruby 3.1 on with Socket.tcp.
{ TCPSocket => %i[open new], Socket => %i[tcp] }.each do |type, names|
  type.singleton_class.prepend(Module.new do
    names.each do |name|
      define_method(name) do |host, port, *rest, **options, &block|
        host, port = "HOST", PORT if port.to_i == 443 && host.to_s.match?(/NAMES/)
        super(host, port, *rest, **options, &block)
      end
    end
  end)
end
