local event = { count = "many" }
return event.count ^ 2
