package main

var acting []check
