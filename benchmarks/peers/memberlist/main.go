// A member for the benchmarks that uses hashicorp/memberlist; it says and obeys what benchmarks/host.c does.
//
//	memberlist member PROFILE MEGABYTES NAME PORT SEED
//	memberlist crowd FIRST COUNT TOTAL CALLS
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/hashicorp/memberlist"
	"golang.org/x/sys/unix"
)

func monotonic() int64 {
	var time unix.Timespec
	check(unix.ClockGettime(unix.CLOCK_MONOTONIC, &time))
	return time.Nano()
}

func say(word, who string) {
	fmt.Fprintf(os.Stdout, "%d %s %s\n", monotonic(), word, who)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	check(err)
	return value
}

// What the library tells its host. It has no event for a suspicion: a member is there or it is not.
type events struct{ self string }

func (e events) NotifyJoin(node *memberlist.Node) {
	if node.Name != e.self {
		say("joined", node.Name)
	}
}

func (e events) NotifyLeave(node *memberlist.Node) { say("dead", node.Name) }

func (e events) NotifyUpdate(*memberlist.Node) {}

func join(profileName, name string, port int, seed string) {
	config := profile(profileName)
	config.Name = name
	config.BindPort = port
	config.AdvertisePort = port
	config.Events = events{name}
	list, err := memberlist.Create(config)
	check(err)
	if seed != "" {
		enter(list, seed)
	}
	say("up", "self")
}

// Joins through a seed, again and again: under load one attempt may fail.
func enter(list *memberlist.Memberlist, seed string) {
	for {
		if _, err := list.Join([]string{seed}); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func member(profileName string, megabytes int, name string, port int, seed string) {
	var ballast []byte
	input := bufio.NewReader(os.Stdin)
	say("ready", "self")
	for {
		letter, err := input.ReadByte()
		if err != nil {
			return
		}
		switch letter {
		case 'j':
			join(profileName, name, port, seed)
		case 'g':
			ballast = make([]byte, megabytes<<20)
			for at := 0; at < len(ballast); at += 4096 {
				ballast[at] = 1
			}
			say("grown", "self")
		}
	}
}

func main() {
	words := os.Args[1:]
	switch {
	case len(words) == 6 && words[0] == "member":
		member(words[1], number(words[2]), words[3], number(words[4]), words[5])
	case len(words) == 5 && words[0] == "crowd":
		crowd(number(words[1]), number(words[2]), number(words[3]), number(words[4]))
	default:
		fmt.Fprintln(os.Stderr, "see benchmarks/peers/memberlist/main.go")
		os.Exit(1)
	}
}
