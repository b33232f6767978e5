local gopiper = require "gopiper"
local out, names, empty = require "out", require "lib.deep.names", require "lib"
print("describing", gopiper.env("HOME"), nil, { } ~= nil)
assert(empty == true and require "out" == out)
assert(os.time() == os.time() and os.clock() == 0 and os.date("%Y") == os.date("%Y", os.time()))
gopiper.createPipeline{
  gopiper.file{
    paths = gopiper.glob("logs/*.log"), key = gopiper.read_file("key.txt"), none = gopiper.glob("nothing*"),
    home = gopiper.env("HOME"), other = gopiper.env("UNSET_OTHER", "default"), off = gopiper.env("UNSET_OFF", false),
  },
  out.mark,
  out.sink(names[1] .. "-" .. names[2] .. 3),
}
