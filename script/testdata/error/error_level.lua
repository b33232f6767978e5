local function check()
  error("the caller is wrong", 2)
end

check()
