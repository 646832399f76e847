package main

var running []check
