"""``python -m multistart.kernels.javascript`` writes the module of constants anew."""

from multistart.kernels.javascript.coefficients import SCRIPT, coefficients_script

if __name__ == "__main__":
    SCRIPT.write_text(coefficients_script())
