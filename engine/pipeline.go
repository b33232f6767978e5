package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// Pipeline is one pipeline, made by [New] and run once.
type Pipeline struct {
	config   Config
	logger   *slog.Logger
	debugs   bool
	stages   []*stage // in the order of the plan, the failed branch last
	stagesOf map[*Branch][]*stage
	segments []*segment
	sources  []*source
	failOut  output // leads into the failed branch; nil if there is none
	failSegs int    // segments[:failSegs] are those of the failed branch

	sections    []*section
	ledger      *ledger // nil without a store
	buffers     []*buffer
	custody     *custody // of what fails and no branch takes; nil without a store
	replayer    *replayer
	storeFailed atomic.Bool
	closing     atomic.Bool // the components are being closed
	watchman    *watchman   // of what kills the process; nil without a store
	free        chan *home

	originated, settledCount, failedCount, unhandled, quarantined atomic.Uint64
	latency                                                       histogram
	latencySum                                                    atomic.Int64 // nanoseconds

	softContext, hardContext context.Context // cancelled by a stop, by the end of a drain
	softCancel, hardCancel   context.CancelFunc
	isStopping               atomic.Bool
	stopping, aborted        chan struct{}
	stopOnce, abortOnce      sync.Once

	mu     sync.Mutex
	state  string
	errs   []error
	closed bool // a sink's other side has gone
}

// New checks the configuration, joins the stages to segments and returns the
// pipeline, ready to run. It opens nothing.
func New(config Config) (*Pipeline, error) {
	p := &Pipeline{config: config, state: "starting", logger: config.Logger,
		stagesOf: map[*Branch][]*stage{},
		free:     make(chan *home, 64),
		stopping: make(chan struct{}), aborted: make(chan struct{}),
	}
	if p.logger == nil {
		p.logger = slog.Default()
	}
	p.logger = p.logger.With("pipeline", config.Name)
	p.debugs = p.logger.Enabled(context.Background(), slog.LevelDebug)
	p.defaults()
	p.durable()
	main, err := p.resolve(config.Stages, false)
	if err != nil {
		return nil, err
	}
	first := p.newSection()
	failed, err := p.resolve(config.Failed, true)
	if err != nil {
		return nil, err
	}
	if len(failed) > 0 {
		b := builder{p: p, section: first}
		out, err := b.chain(failed, sink{}, true)
		if err != nil {
			return nil, err
		}
		p.failOut = b.many(out)
		p.failOut.join()
	}
	p.failSegs = len(p.segments)
	b := builder{p: p, section: first}
	if err := b.sourced(main, sink{}, true); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Pipeline) defaults() {
	c := &p.config
	if c.Store != nil && c.Kept == nil {
		c.Kept = NewQuarantine(c.Store)
	}
	if c.MaxMessages == 0 {
		c.MaxMessages = plan.DefaultMaxMessages
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = plan.DefaultMaxBytes
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = plan.DefaultDrainTimeout
	}
	if c.BatchMax == 0 {
		c.BatchMax = plan.DefaultBatch
	}
}

// resolve makes the engine's stages of configured ones.
func (p *Pipeline) resolve(configs []*Stage, failing bool) ([]*stage, error) {
	var stages []*stage
	for _, c := range configs {
		if c.Buffer != nil && p.config.Store == nil {
			return nil, fmt.Errorf("%s: a buffer needs a store", c.Name)
		}
		s := &stage{p: p, config: c, order: c.Order, timeout: c.Timeout, workers: c.Workers, failing: failing}
		if s.order == "" {
			s.order = plan.Total
		}
		if s.timeout == 0 {
			s.timeout = plan.DefaultTimeout
		}
		p.stages = append(p.stages, s)
		for _, br := range c.Branches {
			inner, err := p.resolve(br.Stages, failing)
			if err != nil {
				return nil, err
			}
			p.stagesOf[br] = inner
		}
		if c.Factory != nil && s.workers == 0 {
			if s.workers = c.Factory.Amount(); s.workers < 1 {
				return nil, fmt.Errorf("%s: the component's Amount is %d; it must be 1 or more", c.Name, s.workers)
			}
		}
		s.workers = max(s.workers, 1)
		if d := c.Declaration; d != nil {
			s.sync = d.Sync
			s.emits = d.Emits
			s.keeps = d.Stateful
		} else {
			s.emits = true
		}
		stages = append(stages, s)
	}
	return stages, nil
}

// Run opens the components, runs the pipeline and closes it. It returns when
// every source has ended and everything is settled; or, once ctx is cancelled,
// when the pipeline is drained or the drain's deadline has passed
// ([ErrNotDrained]). It may be called once. Messages that fail are no error;
// Stats counts them.
func (p *Pipeline) Run(ctx context.Context) error {
	p.softContext, p.softCancel = context.WithCancel(context.WithoutCancel(ctx))
	p.hardContext, p.hardCancel = context.WithCancel(context.WithoutCancel(ctx))
	defer p.hardCancel()
	defer p.softCancel()
	err := p.open(ctx)
	if err == nil && p.config.Opened != nil {
		err = p.config.Opened(ctx)
	}
	if err != nil {
		state := "failed"
		if ctx.Err() != nil && errors.Is(err, context.Canceled) { // a stop, before anything was started
			state, err = "ended", nil
		}
		p.setState(state)
		p.closeAll()
		return err
	}
	p.setState("running")
	return p.work(ctx)
}

// work runs the opened components until the end.
func (p *Pipeline) work(ctx context.Context) error {
	var mainDone, failDone sync.WaitGroup
	for i, seg := range p.segments {
		for _, w := range seg.workers {
			if i < p.failSegs {
				failDone.Go(w.loop)
			} else {
				mainDone.Go(w.loop)
			}
		}
	}
	var sourcesDone, originDone sync.WaitGroup
	over := make(chan struct{})
	committing := make(chan struct{})
	if p.ledger != nil {
		go func() {
			defer close(committing)
			p.ledger.loop(over)
		}()
		go p.custody.loop(over)
		originDone.Add(1) // until all are counted
		p.replayer.start(&sourcesDone, &originDone)
	}
	for _, s := range p.sources {
		if s.buffer == nil {
			originDone.Add(1)
		}
		sourcesDone.Go(func() {
			s.run()
			if s.buffer == nil {
				originDone.Done()
			}
		})
	}
	if p.ledger != nil {
		originDone.Done()
	}
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		p.watch(ctx, over)
	}()
	ended := p.await(&sourcesDone) && p.await(&mainDone)
	if ended && p.failOut != nil {
		p.failOut.end()
		ended = p.await(&failDone)
	}
	if ended {
		p.waitSettled()
	}
	close(over)
	<-watching
	p.closeCredits()
	if p.ledger != nil {
		<-committing
		p.watchman.leave()
	}
	p.closing.Store(true)
	p.closeAll()
	return p.result()
}

// await waits for goroutines; once everything was called off only so long. It is
// false when some are left behind, stuck in a component.
func (p *Pipeline) await(group *sync.WaitGroup) bool {
	done := make(chan struct{})
	go func() {
		group.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-p.aborted:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		p.logger.Warn("goroutines are left behind: a component does not return", "in", p.busyStages())
		return false
	}
}

// busyStages names the stages whose worker is at work.
func (p *Pipeline) busyStages() []string {
	var names []string
	for _, seg := range p.segments {
		for _, w := range seg.workers {
			if w.mu.TryLock() {
				w.mu.Unlock()
				continue
			}
			for _, s := range seg.stages {
				names = append(names, s.config.Name)
			}
		}
	}
	return names
}

// waitSettled waits for what components have made but neither sent nor released:
// they may still do so from goroutines of their own.
func (p *Pipeline) waitSettled() {
	patience := time.NewTimer(plan.DefaultTimeout)
	defer patience.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for p.unsettled() > 0 && !p.isAborted() {
		if p.ledger != nil && p.ledger.busy() || p.custody != nil && p.custody.waiting() {
			patience.Reset(plan.DefaultTimeout)
		}
		select {
		case <-look.C:
		case <-p.aborted:
		case <-patience.C:
			p.failWith(fmt.Errorf("%w: %s unsettled at the end; a component has made messages from them (component.NewMessage) that it neither sent nor released", ErrStuck, messagesAre(p.unsettled())))
			p.abort()
		}
	}
}

// unsettled is how many messages are in flight.
func (p *Pipeline) unsettled() int64 {
	messages, _ := p.inFlight()
	return messages
}

// stop stops the sources; what is in flight goes on. It may be called often.
func (p *Pipeline) stop() {
	p.stopOnce.Do(func() {
		p.isStopping.Store(true)
		close(p.stopping)
		p.softCancel()
		p.closeCredits()
		p.wakeBuffers()
		p.setState("draining")
	})
}

// abort ends everything where it stands. Nothing more is settled. Invariant 4.
func (p *Pipeline) abort() {
	p.stop()
	p.abortOnce.Do(func() {
		close(p.aborted)
		p.hardCancel()
	})
}

func (p *Pipeline) isAborted() bool {
	select {
	case <-p.aborted:
		return true
	default:
		return false
	}
}

// failWith makes the run fail: it stops, drains, and returns the error.
func (p *Pipeline) failWith(err error) {
	p.mu.Lock()
	p.errs = append(p.errs, err)
	p.mu.Unlock()
	p.stop()
}

// stuck ends a run in which a component keeps messages for good.
func (p *Pipeline) stuck(s *stage, kept int) {
	p.failWith(fmt.Errorf("%s: %w: it keeps %d and sends nothing on; let it flush (component.Flusher), or raise max_messages", s.config.Name, ErrStuck, kept))
	p.abort()
}

// closedBy ends a run quietly because a sink's other side has gone.
func (p *Pipeline) closedBy(s *stage) {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.debug("closed by the other side", "stage", s.config.Name)
	p.abort()
}

func (p *Pipeline) result() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := errors.Join(p.errs...)
	switch {
	case err != nil:
	case p.closed:
	case p.isAborted():
		err = fmt.Errorf("%w: %s left unsettled", ErrNotDrained, messagesAre(p.unsettled()))
	}
	p.state = "ended"
	if err != nil {
		p.state = "failed"
	}
	return err
}

func messagesAre(n int64) string {
	if n == 1 {
		return "1 message is"
	}
	return fmt.Sprintf("%d messages are", n)
}

func (p *Pipeline) setState(state string) {
	p.mu.Lock()
	p.state = state
	p.mu.Unlock()
}

func (p *Pipeline) debug(text string, args ...any) {
	if p.debugs {
		p.logger.Debug(text, args...)
	}
}

// fail ends messages as failed: their status is the report. They go to the
// failed branch, else to the quarantine, and without a store to the log.
func (p *Pipeline) fail(s *stage, messages []component.Message) {
	var branch []component.Message
	var kept []*message
	for _, c := range messages {
		m := c.(*message)
		r := m.extra().status
		if p.failOut == nil || s.failing {
			p.unhandled.Add(1)
			if p.custody != nil {
				kept = append(kept, m)
				continue
			}
			p.logger.Error("message failed", "stage", s.config.Name, "code", r.Status,
				"attempts", max(m.extra().tried, 1), "description", r.Description)
			m.settle(r)
			continue
		}
		m.extra().failed = &r
		m.home.tracked.Store(true) // its outcome is not what it looks like
		m.SetAttribute("failed_stage", s.config.Name)
		m.SetAttribute("failed_status", fmt.Sprint(r.Status))
		m.SetAttribute("failed_description", r.Description)
		m.commit()
		branch = append(branch, m)
	}
	if len(kept) > 0 {
		p.custody.take(s, kept)
	}
	if len(branch) > 0 {
		p.failOut.put(newBatch(branch, 0, false))
	}
}

func (p *Pipeline) logRetry(s *stage, r component.Report, attempts int) {
	p.logger.Warn("flush failed, trying again", "stage", s.config.Name, "attempts", attempts, "code", r.Status, "description", r.Description)
}

const tick = 20 * time.Millisecond
