package main

import "testing"

func TestVariants(t *testing.T) {
	tests := map[string]int{"": 17, "bare": 6} // routes
	for variant, want := range tests {
		app, err := newApp(variant)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(app.Routes()); got != want {
			t.Errorf("variant %q has %d routes %q, want %d", variant, got, app.Routes(), want)
		}
	}
	if _, err := newApp("bear"); err == nil {
		t.Error("an unknown variant is accepted")
	}
}
