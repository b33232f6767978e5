local gopiper = require "gopiper"
gopiper.loadComponent{ "stdin" }
