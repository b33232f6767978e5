goto away
