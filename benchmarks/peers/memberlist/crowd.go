package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/memberlist"
)

// Many members in one process, and the member list as JSON: what benchmarks/crowd.c does. Nothing is kept from one
// call to the next, so that there is one kind of call only.
func crowd(start, count, total, calls int) {
	first := crowdMember(start)
	for index := 1; index < count; index++ {
		crowdMember(start + index)
		// Not all at once: that would be another measurement.
		if index%50 == 0 {
			await(first, index+1)
		}
	}
	await(first, total)
	fmt.Println("up")
	for letter := make([]byte, 1); ; {
		if _, err := os.Stdin.Read(letter); err != nil {
			return
		}
		var text []byte
		for call := 0; call < calls; call++ {
			before := monotonic()
			var err error
			text, err = json.Marshal(first.Members())
			took := monotonic() - before
			check(err)
			fmt.Println("same", took)
		}
		fmt.Println("bytes", len(text))
	}
}

func await(list *memberlist.Memberlist, members int) {
	for list.NumMembers() < members {
		time.Sleep(10 * time.Millisecond)
	}
}

func crowdMember(index int) *memberlist.Memberlist {
	const firstPort = 7000
	config := profile("lan")
	config.Name = fmt.Sprintf("m%04d", index)
	config.BindPort = firstPort + index
	config.AdvertisePort = config.BindPort
	// As in crowd.c: one call is measured, not the probes of a thousand members on the same two cores.
	config.ProbeInterval = 0
	config.PushPullInterval = 0
	list, err := memberlist.Create(config)
	check(err)
	if index > 0 {
		go enter(list, fmt.Sprintf("127.0.0.1:%d", firstPort))
	}
	return list
}
