"""What a fit is wanted for: parameters with standard errors and correlations, residuals, and what they rest on.

- :mod:`~multistart.fits.model`: the model, its derivatives and the response at rows of data
- :mod:`~multistart.fits.triangle`: the information in the rows as a triangle, from which covariances follow
- :mod:`~multistart.fits.statistics`: :func:`statistics_of` an optimum
"""

from multistart.fits.model import Model
from multistart.fits.statistics import FitStatistics, Parameter, statistics_of

__all__ = ["FitStatistics", "Model", "Parameter", "statistics_of"]
