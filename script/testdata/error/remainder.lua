local limit
return 5 % limit
