package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/user"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/tyg-dev/tyg/internal/deploy/plan"
)

// A lock is written again as long as its deploy lives. One that was not for some time is of a
// process that has died, and is taken over. The clock is that of S3.
const (
	renewEvery = 30 * time.Second
	deadAfter  = 3 * time.Minute
	freeLimit  = 10 * time.Second // for the end of a lock, also after an interrupt
)

// lockSuffix ends the key of the lock.
const lockSuffix = ".lock"

// A holder is the content of a lock: who deploys.
type holder struct {
	By    string    `json:"by"`
	Since time.Time `json:"since"`
	Beat  int       `json:"beat"` // so that each lock has an ETag of its own
}

// newHolder describes this process.
func newHolder(now time.Time) holder {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return holder{By: fmt.Sprintf("%s@%s, process %d", name, host, os.Getpid()), Since: now.UTC()}
}

// Lock writes the object of the lock, which must not exist or be of a process that has died.
func (b *Bucket) Lock(ctx context.Context) (release func() error, err error) {
	me := newHolder(time.Now())
	etag, err := b.putLock(ctx, me, "")
	if isOverwritten(err) {
		var dead string
		if dead, err = b.deadLock(ctx, me); err != nil {
			return nil, err
		}
		etag, err = b.putLock(ctx, me, dead)
		if isOverwritten(err) {
			return nil, fmt.Errorf("%s is locked: %w", b, plan.ErrChanged)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("lock state: %w", b.explain(err))
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	freed := make(chan error, 1)
	go func() { freed <- b.hold(ctx, me, etag) }() // ends with release, which waits for it
	return func() error { cancel(); return <-freed }, nil
}

// hold renews a lock until ctx ends, and then deletes it, unless another process has taken it over.
func (b *Bucket) hold(ctx context.Context, me holder, etag string) error {
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), freeLimit)
			defer cancel()
			return b.deleteLock(ctx, etag)
		case <-ticker.C:
		}
		me.Beat++
		if next, err := b.putLock(ctx, me, etag); err == nil {
			etag = next
		} else if isOverwritten(err) {
			return nil // writes of the state notice the other process
		}
	}
}

// putLock writes the lock, which must have an ETag or, if that is empty, not exist.
func (b *Bucket) putLock(ctx context.Context, me holder, etag string) (string, error) {
	text, err := json.Marshal(me)
	if err != nil {
		return "", err
	}
	return b.put(ctx, b.key+lockSuffix, text, etag)
}

// deleteLock deletes our lock. Its ETag is compared first: deletions have no condition everywhere.
func (b *Bucket) deleteLock(ctx context.Context, etag string) error {
	key := b.key + lockSuffix
	_, now, err := b.get(ctx, key)
	if status(err) == http.StatusNotFound || err == nil && now != etag {
		return nil
	}
	if err == nil {
		err = b.inItsRegion(func(o func(*s3.Options)) error {
			_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.bucket, Key: &key}, o)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("unlock state, which is free in %v: %w", deadAfter, b.explain(err))
	}
	return nil
}

// deadLock returns the ETag of a lock whose process has died or is this one, "" if it was freed
// meanwhile, and else an error that says who deploys.
func (b *Bucket) deadLock(ctx context.Context, me holder) (etag string, err error) {
	key := b.key + lockSuffix
	text, etag, err := b.get(ctx, key)
	if status(err) == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("lock state: %w", b.explain(err))
	}
	var have holder
	if json.Unmarshal(text, &have) != nil {
		have.By = "a process that did not say which"
	}
	if have.By == me.By && have.Since.Equal(me.Since) {
		return etag, nil // the answer to an earlier attempt was lost
	}
	age, err := b.age(ctx, key)
	if err != nil {
		return "", err
	}
	if age > deadAfter {
		return etag, nil
	}
	return "", fmt.Errorf("%s is locked by %s since %s: %w (its lock is free %v after it has died)",
		b, have.By, have.Since.Format(time.RFC3339), plan.ErrChanged, deadAfter)
}

// age returns how long ago an object was written, by the clock of S3.
func (b *Bucket) age(ctx context.Context, key string) (time.Duration, error) {
	var at, now time.Time
	err := b.inItsRegion(func(o func(*s3.Options)) error {
		out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.bucket, Key: &key}, o)
		if err != nil {
			return err
		}
		at = aws.ToTime(out.LastModified)
		var ok bool
		if now, ok = middleware.GetServerTime(out.ResultMetadata); !ok {
			return errors.New("the answer has no time")
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("lock state: %w", b.explain(err))
	}
	return now.Sub(at), nil
}
