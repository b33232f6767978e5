local gopiper = require "gopiper"

gopiper.createPipeline({ gopiper.stdin{}, gopiper.stdout{} }, {
  name = "all", quarantine = { max_size = "64MiB", max_age = "48h", when_full = "drop_oldest" },
})
gopiper.createPipeline({ gopiper.file{ path = "a" }, gopiper.stdout{} }, {
  name = "part", quarantine = { max_size = 1000 },
})
gopiper.createPipeline({ gopiper.file{ path = "b" }, gopiper.stdout{} }, { name = "none", quarantine = {} })
