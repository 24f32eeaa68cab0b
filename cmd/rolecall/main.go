// Command rolecall is the server, the demo, and the command line of Rolecall.
//
// It works on a data file, also while a server has it open, or on a server over
// HTTP, by the same commands.
package main

import "os"

func main() { os.Exit(Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
