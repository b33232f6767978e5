while true do
  if true then
  end
