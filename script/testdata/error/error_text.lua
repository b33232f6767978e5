local function check()
  error("my own message")
end

check()
