local gopiper = require "gopiper"
gopiper.branch{ gopiper.stdout{}, gopiper.stdout{} }
