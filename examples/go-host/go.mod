module example.invalid/go-host

go 1.19
