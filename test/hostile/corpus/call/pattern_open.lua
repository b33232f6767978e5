-- A pattern that is not closed.
-- expect: error
return ('a'):find('[a')
