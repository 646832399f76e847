package main

var informing []check
