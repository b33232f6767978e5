package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// asking keeps no connection, so that nothing is left of a program that was killed.
var asking = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}

// get returns what a page holds. It is an error if its status is not 200.
func get(url string) (string, error) {
	response, err := asking.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, response.Status, text)
	}
	return string(text), err
}

// metricIn finds the only value of a metric in a text for Prometheus.
func metricIn(text, name string) (float64, error) {
	scanner := bufio.NewScanner(strings.NewReader(text))
	for scanner.Scan() {
		labels, found := strings.CutPrefix(scanner.Text(), name)
		if i := strings.LastIndexByte(labels, ' '); found && i >= 0 && (labels[0] == '{' || labels[0] == ' ') {
			return strconv.ParseFloat(labels[i+1:], 64)
		}
	}
	return 0, fmt.Errorf("there is no metric %s", name)
}
