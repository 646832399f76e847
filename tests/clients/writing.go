package main

var writing []check
