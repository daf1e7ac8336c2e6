package main

import "testing"

func TestVariants(t *testing.T) {
	tests := map[string]int{"": 17, "bare": 6} // routes
	for variant, want := range tests {
		app, err := newApp(variant)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(app.Describe().Routes); got != want {
			t.Errorf("variant %v has %d routes %v, want %d", variant, got, app.Describe().Routes, want)
		}
	}
	if _, err := newApp("bear"); err == nil {
		t.Error("an unknown variant is accepted")
	}
}
