package main

var reading []check
