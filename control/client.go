package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// Client talks to the process that has a state directory open. It is a [Keeper].
// Its methods may be called from any goroutine.
type Client struct{ http *http.Client }

// Dial finds out whether a process serves the state directory, and returns what
// talks to it; the error is [ErrNotRunning] if none does.
func Dial(ctx context.Context, dir string) (*Client, error) {
	c := &Client{&http.Client{Transport: &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, dir) },
		DisableKeepAlives: true,
	}}}
	if _, err := c.Status(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Status returns what the process tells of itself.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var status Status
	body, err := c.ask(ctx, http.MethodGet, "/process", nil)
	if err != nil {
		return status, err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(&status); err != nil {
		return status, broken(err)
	}
	return status, nil
}

// List implements Keeper.
func (c *Client) List(ctx context.Context, s Selection, yield func(Entry) error) error {
	_, err := c.lines(ctx, "/quarantine/list", request{Selection: s}, func(l line) error {
		if l.Entry == nil {
			return nil
		}
		return yield(*l.Entry)
	})
	return err
}

// Remove implements Keeper.
func (c *Client) Remove(ctx context.Context, s Selection) (int, error) {
	return c.lines(ctx, "/quarantine/remove", request{Selection: s}, func(line) error { return nil })
}

// Replay implements Keeper.
func (c *Client) Replay(ctx context.Context, s Selection, tell func(Outcome)) (int, error) {
	return c.lines(ctx, "/quarantine/replay", request{s, tell != nil}, func(l line) error {
		if l.Outcome != nil && tell != nil {
			tell(*l.Outcome)
		}
		return nil
	})
}

// lines asks for something, gives the lines of the answer to yield, and returns
// what the last one says.
func (c *Client) lines(ctx context.Context, path string, asked request, yield func(line) error) (int, error) {
	text, err := json.Marshal(asked)
	if err != nil {
		return 0, err
	}
	body, err := c.ask(ctx, http.MethodPost, path, text)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	for decoder := json.NewDecoder(body); ; {
		var l line
		if err := decoder.Decode(&l); err != nil {
			return 0, broken(err)
		}
		switch {
		case l.End == nil:
			if err := yield(l); err != nil {
				return 0, err
			}
		case l.End.Error != "":
			return l.End.Count, errors.New(l.End.Error)
		default:
			return l.End.Count, missing(l.End.Missing)
		}
	}
}

// ask returns the body of the answer to a request.
func (c *Client) ask(ctx context.Context, method, path string, asked []byte) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://gopiper"+path, bytes.NewReader(asked))
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(r)
	var undialled dialError
	switch {
	case errors.Is(err, ErrNotRunning):
		return nil, ErrNotRunning
	case errors.As(err, &undialled):
		return nil, undialled.error
	case err != nil:
		return nil, broken(errors.Unwrap(err))
	case response.StatusCode == http.StatusOK:
		return response.Body, nil
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err != nil {
		return nil, broken(err)
	}
	if response.StatusCode == http.StatusNotFound {
		return nil, errors.New("the process that runs the pipelines does not know this command: it is of another version of gopiper")
	}
	return nil, errors.New(strings.TrimSpace(string(text)))
}

// broken is the error of an answer that does not end as it should.
func broken(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("the answer of the process that runs the pipelines was cut short: %w; has it ended?", err)
}
