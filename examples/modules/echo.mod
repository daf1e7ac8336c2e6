go 1.26.0

require github.com/tyg-dev/tyg v0.0.0
