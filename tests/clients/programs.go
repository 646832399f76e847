package main

var programs []check
