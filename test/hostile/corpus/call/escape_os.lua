-- Ending the process.
-- expect: error
os.exit(3)
