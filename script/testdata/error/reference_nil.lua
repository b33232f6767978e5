local gopiper = require "gopiper"
gopiper.loadComponent(nil, {})
