local gopiper = require "gopiper"
gopiper.file{ a = { b = { 1, print } } }
