// Checks that programs built on client-go find in a cluster what they ask for. The same checks pass on a real control plane.
//
//	clients [-only REGEXP] [-answers FILE] KUBECONFIG
//	clients -record -answers FILE KUBECONFIG
//
// One line a check: `ok NAME` or `FAIL NAME: why`; the exit code is 1 if one failed. `-record` writes what the
// cluster answers to `requests` into FILE instead, which later runs compare with.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"

	"k8s.io/klog/v2"
)

// A check fails with the reason why.
type check struct {
	name string
	run  func(context.Context, *cluster) error
}

func main() {
	only := flag.String("only", "", "run only the checks whose name matches")
	answers := flag.String("answers", "", "the recorded answers to compare with")
	record := flag.Bool("record", false, "record the answers")
	flag.Parse()
	klog.LogToStderr(false)
	klog.SetOutput(discard{})
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	wanted, err := regexp.Compile(*only)
	exitOn(err)
	cluster, err := connect(flag.Arg(0))
	exitOn(err)
	exitOn(cluster.strike(ctx))
	exitOn(cluster.set(ctx))
	failed := 0
	if *record {
		exitOn(recordAnswers(ctx, cluster, *answers))
	} else {
		failed = runAll(ctx, cluster, *answers, wanted)
	}
	exitOn(cluster.strike(ctx))
	if failed > 0 {
		os.Exit(1)
	}
}

// Runs the checks one after the other; gives how many failed.
func runAll(ctx context.Context, c *cluster, answers string, wanted *regexp.Regexp) int {
	var all []check
	if answers != "" {
		// First, while the stage is as it was recorded.
		all = append(all, check{"raw requests", func(ctx context.Context, c *cluster) error {
			return compareAnswers(ctx, c, answers)
		}})
	}
	for _, some := range [][]check{
		reading, informing, programs, accessing, running, acting, writing,
	} {
		all = append(all, some...)
	}
	failed := 0
	for _, one := range all {
		if !wanted.MatchString(one.name) {
			continue
		}
		begun := time.Now()
		limited, cancel := context.WithTimeout(ctx, time.Minute)
		err := one.run(limited, c)
		cancel()
		if err != nil {
			failed++
			fmt.Printf("FAIL %s: %v\n", one.name, err)
			continue
		}
		fmt.Printf("ok %s (%d ms)\n", one.name, time.Since(begun).Milliseconds())
	}
	return failed
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

type discard struct{}

func (discard) Write(text []byte) (int, error) { return len(text), nil }
