local x =
return {
