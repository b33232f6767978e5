require "ping"
