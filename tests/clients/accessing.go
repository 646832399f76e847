package main

var accessing []check
