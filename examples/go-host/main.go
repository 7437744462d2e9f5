// A daemon in Go with crictl built in: `go-host crictl ARGS` is crictl for the daemon's own containerd, in the data
// directory that DATA_DIR names. Built by scripts/go-host.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "crictl" {
		os.Exit(crictl(os.Args[1:], "unix://"+os.Getenv("DATA_DIR")+"/containerd/containerd.sock"))
	}
	fmt.Println("the daemon would run now; `go-host crictl ARGS` inspects its containerd")
}
