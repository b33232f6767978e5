require "no.such"
