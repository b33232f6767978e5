// Package faults has no code, only tests: they do to pipelines what must not hurt
// them (kill the process, fill the disk, cut the power, damage files, let components
// panic, hang and call back twice) and hold the result against an oracle. How to run
// them at which size is said in docs/testing-faults.md.
package faults
