return require "ping"
