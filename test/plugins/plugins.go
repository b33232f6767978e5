// Package plugins tests that components are loaded from Go plugins, or refused
// with words that help. The folders below it are plugins, good and broken ones,
// modules of a third party, and a host that is built like gopiper.
package plugins
