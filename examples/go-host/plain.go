//go:build plain

package main

// crictl is missing: this is the daemon without it, to show what it adds.
func crictl([]string, string) int { return 1 }
