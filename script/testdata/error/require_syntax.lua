
require "broken"
