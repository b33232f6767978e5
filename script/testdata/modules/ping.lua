return require "ping2"
